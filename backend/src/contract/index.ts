import './messages.ts'

export * from './api.ts'
export * from './data-file.ts'
export * from './events.ts'
export * from './problem.ts'
export * from './proxy-key.ts'
export { overrides, type Overrides } from './traffic.ts'
