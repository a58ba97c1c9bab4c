import type { Visit } from '../plane/client/visit.ts'

/** Visits are connections that ask for a web site. While nobody serves them they are ended. */
export class Visits {
  #serve: (visit: Visit) => void = ({ socket }) => socket.destroy()

  take(visit: Visit): void {
    this.#serve(visit)
  }

  /** Has them served from now on. */
  serveBy(serve: (visit: Visit) => void): void {
    this.#serve = serve
  }
}
