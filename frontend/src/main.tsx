import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import './index.css'
import { ApiError } from './api/client'
import { App } from './app'
import { TooltipProvider } from './components/ui/tooltip'
import { followTheme } from './lib/theme'
import './i18n'

const maxRetries = 2

const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      // Stillpoint may be on this very machine, whatever the browser thinks of the network.
      networkMode: 'always',
      // Only what may be gone by itself is tried again: an answer is an answer.
      retry: (count, error) => count < maxRetries && error instanceof ApiError && error.code === 'unreachable',
    },
    mutations: { networkMode: 'always' },
  },
})

followTheme()

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <TooltipProvider delayDuration={400} skipDelayDuration={200}>
          <App />
        </TooltipProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
