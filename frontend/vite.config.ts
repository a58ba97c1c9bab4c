import { fileURLToPath } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const backend = `http://127.0.0.1:${process.env['PORT'] ?? 8000}`
/** What the backend serves beside the dashboard. */
const backendPaths = ['/api', '/docs', '/openapi.json', '/health', '/ready', '/metrics']

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: { outDir: 'dist', emptyOutDir: true, manifest: true, target: 'es2023', reportCompressedSize: false },
  server: { proxy: Object.fromEntries(backendPaths.map((path) => [path, { target: backend }])) },
})
