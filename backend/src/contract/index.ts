import './messages.ts'

export * from './api.ts'
export * from './data-file.ts'
export * from './events.ts'
export * from './problem.ts'
export * from './proxy-key.ts'
