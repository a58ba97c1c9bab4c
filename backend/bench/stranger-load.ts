// Lets strangers come to one port, from many addresses, and prints what became of them as JSON: once all are there, and again
// when the other side has ended all. Its own process. Arguments: kind, port, how many, number of the run.
import { connect } from 'node:net'

const [kind = '', port = '', amount = '', run = ''] = process.argv.slice(2)
const total = Number(amount)
const lanes = 64
/** Connections of one address; who guesses too often from one is made to wait. */
const perAddress = kind === 'wrong token' ? 1 : 50
const patienceMs = 60_000

const wrong = Buffer.from('proxy1:guessed').toString('base64')
const questions: Record<string, Buffer | null> = {
  silence: null,
  'half a head': Buffer.from('CONNECT origin.test:80 HTTP/1.1\r\nHost: ori'),
  garbage: Buffer.from('00ff13370a0d4b9e'.repeat(8), 'hex'),
  'wrong token': Buffer.from(
    `CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\nProxy-Authorization: Basic ${wrong}\r\n\r\n`,
  ),
}
if (!(kind in questions)) throw new Error(`no such kind of stranger: ${kind}`)
const question = questions[kind] ?? null
/** Whether it waits until the other side has had enough. */
const isPatient = kind === 'silence' || kind === 'half a head'

let opened = 0
let open = 0
let begun = 0

/** One comes after the other in each lane: a patient one when the one before is there, another when that one has ended. */
function come(): void {
  if (begun === total) return
  const index = begun++
  const place = Math.floor(index / perAddress)
  const localAddress = `127.${50 + (Number(run) % 150)}.${place >> 7}.${1 + (place & 127)}`
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress, noDelay: true })
  open += 1
  socket.on('error', () => {})
  socket.on('connect', () => {
    opened += 1
    if (question !== null) socket.write(question)
    if (isPatient) come()
  })
  // Who is refused for its token goes; the others are closed.
  socket.on('data', () => kind === 'wrong token' && socket.destroy())
  socket.on('close', () => {
    open -= 1
    if (!isPatient) come()
  })
}

function tell(): void {
  process.stdout.write(`${JSON.stringify({ opened, open, seconds: (performance.now() - startedAt) / 1_000 })}\n`)
}

const startedAt = performance.now()
for (let lane = 0; lane < lanes; lane++) come()
let isTold = false
const watch = setInterval(() => {
  const isOver = opened === total && open === 0
  if (!isTold && opened === total) tell()
  isTold ||= opened === total
  if (!isOver && performance.now() - startedAt < patienceMs) return
  clearInterval(watch)
  tell()
  process.exit()
}, 20)
