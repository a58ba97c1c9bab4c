import { SiteRefusals } from '../api/site-refusals.ts'
import { PlaneMirror } from '../endpoints/plane-mirror.ts'
import { InProcessPlane } from '../plane/plane.ts'
import type { Outside } from './outside.ts'
import { Visits } from './visits.ts'

export type DataPlane = ReturnType<typeof createDataPlane>

/** createDataPlane makes what carries bytes, and what the control side sees of it. */
export function createDataPlane({ config, clock, log }: Outside) {
  const visits = new Visits()
  const plane = new InProcessPlane({
    host: config.PROXY_HOST,
    domain: config.DOMAIN,
    trustedProxies: config.TRUSTED_PROXIES,
    onVisit: (visit) => visits.take(visit),
    clock,
    log,
  })
  return { plane, mirror: new PlaneMirror(plane), visits, siteRefusals: new SiteRefusals() }
}
