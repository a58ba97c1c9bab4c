import { useLayoutEffect, useState, type RefObject } from 'react'

/** useDocumentTop is how far below the top of the page an element begins, in pixels: lists that scroll with the page count from there. */
export function useDocumentTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  // What stands above may grow at any render.
  useLayoutEffect(() => {
    const present = (element.current?.getBoundingClientRect().top ?? 0) + window.scrollY
    if (present !== top) setTop(present)
  })
  return top
}
