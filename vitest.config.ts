import { fileURLToPath } from 'node:url'

import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('frontend/src', import.meta.url)) } },
  test: {
    include: ['backend/**/*.test.ts', 'frontend/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['backend/test/support/no-leftovers.ts'],
    reporters: ['default', './backend/test/support/summary-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
