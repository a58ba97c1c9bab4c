import { deepStrictEqual } from 'node:assert/strict'

import { Subscribable } from '../../src/lib/subscribable.ts'
import type { InProcessPlane, Plane } from '../../src/plane/plane.ts'
import type { PlaneReport } from '../../src/plane/report.ts'
import type { PlaneTable } from '../../src/plane/table.ts'

/**
 * CopyingPlane is a plane as it would be in another process: every table and report goes through its door as JSON and by
 * structuredClone. What does not come out as it went in is an error.
 */
export class CopyingPlane implements Plane {
  readonly reports = new Subscribable<[PlaneReport]>()
  readonly #plane: InProcessPlane

  constructor(plane: InProcessPlane) {
    this.#plane = plane
    plane.reports.subscribe((report) => this.reports.emit(copy(report)))
  }

  apply(table: PlaneTable): void {
    this.#plane.apply(copy(table))
  }

  restart(id: number): void {
    this.#plane.restart(id)
  }
}

function copy<T>(value: T): T {
  const copied = structuredClone(JSON.parse(JSON.stringify(value)) as T)
  deepStrictEqual(copied, value)
  return copied
}
