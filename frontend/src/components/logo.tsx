/** Logo is a still point in a moving circle. */
export function Logo() {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className="size-5 shrink-0">
      <circle
        cx="16"
        cy="16"
        r="12"
        fill="none"
        stroke="currentColor"
        strokeWidth="3"
        strokeDasharray="56 20"
        strokeLinecap="round"
      />
      <circle cx="16" cy="16" r="5" className="fill-accent" />
    </svg>
  )
}
