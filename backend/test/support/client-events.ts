export interface ReceivedEvent {
  id: string
  type: string
  data: unknown
}

/** EventReader reads a text/event-stream as it comes. */
export class EventReader {
  readonly events: ReceivedEvent[] = []
  comments = 0
  isOpen = true
  readonly #abort = new AbortController()

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const reader = new EventReader()
    const response = await fetch(url, { headers, signal: reader.#abort.signal })
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`)
    void reader.#read(response.body)
    return reader
  }

  close(): void {
    this.#abort.abort()
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true })
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) this.#take(block)
      }
    } catch {
      // The stream was cut, by us or by the server: `isOpen` tells.
    }
    this.isOpen = false
  }

  #take(block: string): void {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2)
    const type = field('event')
    if (type === 'ping' || block.includes(': connected')) this.comments += 1
    else if (type !== undefined)
      this.events.push({ id: field('id') ?? '', type, data: JSON.parse(field('data') ?? 'null') })
  }
}
