/** EndpointText is an endpoint of which, where there is no room for all of it, the beginning and the port still show. */
export function EndpointText({ text }: { text: string }) {
  const colon = text.lastIndexOf(':')
  return (
    <span className="flex min-w-0 flex-1 text-sm font-semibold" title={text}>
      <span className="truncate">{text.slice(0, colon)}</span>
      <span>{text.slice(colon)}</span>
    </span>
  )
}
