import { z } from 'zod'

import { timestamp } from './proxy-key.ts'

const bytes = z.int().meta({ description: 'As seen by the clients.' })

/** trafficTotals are the counters of all listeners together; they begin anew with the process. */
export const trafficTotals = z
  .object({
    at: timestamp.meta({ description: 'When they were read.' }),
    connections: z.int().meta({ description: 'Open now.' }),
    tunnels: z.int().meta({ description: 'Open now.' }),
    requests: z.int(),
    bytes_in: bytes,
    bytes_out: bytes,
  })
  .meta({ id: 'TrafficTotals' })

export type TrafficTotals = z.infer<typeof trafficTotals>

/** seriesRanges are how far back a series goes and how long each of its steps is, in minutes. */
export const seriesRanges = {
  hour: { minutes: 60, step: 1 },
  day: { minutes: 24 * 60, step: 5 },
  week: { minutes: 7 * 24 * 60, step: 60 },
} as const

export const seriesRange = z.enum(['hour', 'day', 'week']).meta({ id: 'SeriesRange' })

export type SeriesRange = z.infer<typeof seriesRange>

export const seriesPoint = z
  .object({
    at: timestamp.meta({ description: 'Begin of the step.' }),
    latency_ms: z.int().nullable().meta({ description: 'Mean of the checks that were answered; null without one.' }),
    checks: z.int(),
    failed_checks: z.int(),
    requests: z.int(),
    bytes_in: bytes,
    bytes_out: bytes,
  })
  .meta({ id: 'SeriesPoint' })

export type SeriesPoint = z.infer<typeof seriesPoint>

/** series is what was observed of one key over a time, oldest first, every step there. */
export const series = z
  .object({ range: seriesRange, step_seconds: z.int(), points: z.array(seriesPoint) })
  .meta({ id: 'Series' })

export type Series = z.infer<typeof series>

/** testReply is what a request through an endpoint showed, made as a client would make it. */
export const testReply = z
  .object({
    reachable: z.boolean(),
    exit_ip: z.string().nullable(),
    location: z.string().nullable(),
    duration_ms: z.int(),
    message: z.string().nullable().meta({ description: 'Why there was no answer.' }),
  })
  .meta({ id: 'TestReply' })

export type TestReply = z.infer<typeof testReply>

/** systemInfo is what an admin may know of this installation. */
export const systemInfo = z
  .object({
    version: z.string(),
    uptime_seconds: z.int(),
    domain: z.string(),
    is_https_public: z.boolean(),
    has_own_ports: z.boolean().meta({ description: 'Clients reach the own ports of the endpoints.' }),
    has_shared_port: z.boolean().meta({ description: 'Clients reach the gateway, in clear.' }),
    has_tls_port: z.boolean().meta({ description: 'Clients reach endpoints over TLS.' }),
    default_public_host: z.string().meta({
      description:
        'The address that clients use where `public_host` is null; proxyN stands for the name of an endpoint.',
      example: 'proxyN.example.com',
    }),
    page_url: z.string().nullable().meta({
      description:
        'The page of an endpoint, with its PAC file beside it (`proxy.pac`); null where it is at its own port, if clients reach that.',
      example: 'https://proxyN.example.com/',
    }),
    health_check_url: z.string(),
    health_check_interval: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'SystemInfo' })

export type SystemInfo = z.infer<typeof systemInfo>
