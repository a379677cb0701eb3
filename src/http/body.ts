import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'
import { InvalidRequest } from './errors.ts'

/** No request of this contract comes near it. */
const BODY_LIMIT = 262_144
/** What is too large is thrown away while the answer leaves; past this the line is cut. */
const PATIENCE = 1_048_576
const DEEPEST = 20

/**
 * The raw bytes: signatures and repeats are checked over them.
 * @throws AppError `body-too-large`, `unsupported-media-type`
 */
export async function readBody(request: IncomingMessage, mediaType: string): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const isEmpty = declared === 0 && request.headers['transfer-encoding'] === undefined
  if (!isEmpty) checkMediaType(request, mediaType)
  return collect(request, declared)
}

function checkMediaType(request: IncomingMessage, mediaType: string): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset)
  const isPlain = (request.headers['content-encoding'] ?? 'identity') === 'identity'
  if (type !== mediaType || !isUtf8 || !isPlain) throw new AppError('unsupported-media-type')
}

function collect(request: IncomingMessage, declared: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const refuse = (): void => {
      parts.length = 0
      reject(new AppError('body-too-large'))
    }
    request.on('data', function take(part: Buffer) {
      size += part.length
      if (size > PATIENCE) {
        // What was already received still comes in parts: one end is enough.
        request.off('data', take)
        request.socket.destroySoon()
      } else if (size > BODY_LIMIT || declared > BODY_LIMIT) refuse()
      else parts.push(part)
    })
    request.on('end', () => resolve(Buffer.concat(parts)))
    request.on('error', (cause) => reject(new AppError('invalid-request', undefined, { cause })))
    // Every request closes; an error is made only for one that broke off.
    request.on('close', () => {
      if (!request.complete) reject(new AppError('invalid-request'))
    })
    if (declared > BODY_LIMIT) refuse()
  })
}

/**
 * One reading only: strict UTF-8, no nesting that a parser or a schema could drown in. Of two
 * equal names the last one counts, and `__proto__` is a name like any other, which no schema knows.
 * @throws InvalidRequest
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    if (depthOf(text) <= DEEPEST) return JSON.parse(text)
  } catch {
    throw new InvalidRequest([{ path: '', message: '不是有效的 JSON' }])
  }
  throw new InvalidRequest([{ path: '', message: `嵌套不得超过 ${DEEPEST} 层` }])
}

/** Brackets open at once, outside of strings. One pass: a pattern could be made to look for ever. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (inString && character === '\\') at += 1
    else if (character === '"') inString = !inString
    else if (inString) continue
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
