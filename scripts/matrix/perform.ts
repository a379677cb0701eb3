/** Plays one row from the bill to the verdict. */
import { z } from 'zod'
import { readOwnRecord } from './databases.ts'
import { type Evidence, gather } from './evidence.ts'
import { judge } from './judge.ts'
import { type OrderView, Patient, patientToken } from './patient.ts'
import { isOver, type Result, type Row, type Scene, until } from './row.ts'
import { PATIENT_SECRET, type Service, type Stage } from './stage.ts'

const PREFIX = { registration: 'GH', consultation: 'MZ', pharmacy: 'GY' } as const
const BILL = z.object({ billNo: z.string(), patientId: z.string() })

let bills = 0

/** Numbered by run: the date and a count, the suffix steers the pretend upstreams. */
function nextBillNo(row: Row): string {
  bills += 1
  const date = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  return `${PREFIX[row.business]}${date}${String(bills).padStart(6, '0')}-${row.suffix}`
}

export async function perform(stage: Stage, row: Row, service: Service): Promise<Result> {
  const began = performance.now()
  const billNo = nextBillNo(row)
  const problems: string[] = []
  let evidence: Evidence | null = null
  try {
    const patient = await patientWith(stage, row, { service, billNo })
    const must: Scene['must'] = (holds, sentence) => {
      if (!holds) problems.push(sentence)
    }
    const scene = { billNo, patient, service, sandboxUrl: stage.sandboxUrl, must }
    await row.play(scene)
    const order = await atRest(row, scene)
    evidence = await gather({ ...scene, order, client: patient })
    problems.push(...judge(row, evidence))
  } catch (error) {
    problems.push(error instanceof z.ZodError ? z.prettifyError(error) : String(error))
  }
  const ms = performance.now() - began
  return { row, billNo, evidence, problems, ms, deaths: service.deaths() }
}

async function patientWith(
  stage: Stage,
  row: Row,
  { service, billNo }: { service: Service; billNo: string },
): Promise<Patient> {
  const answer = await fetch(`${stage.sandboxUrl}/sandbox/bills`, {
    method: 'POST',
    body: JSON.stringify({ billNo, businessType: row.business }),
  })
  const { patientId } = BILL.parse(await answer.json())
  const claims = { openid: `o${billNo}`, patientIds: [patientId] }
  const token = await patientToken(PATIENT_SECRET, claims)
  const channel = row.channel ?? 'wechat'
  return new Patient({
    serviceUrl: service.url,
    sandboxUrl: stage.sandboxUrl,
    billNo,
    token,
    channel,
  })
}

/** The expected end (or patience), then until nothing is left to do and every record is written. */
async function atRest(row: Row, { patient, service, billNo }: Scene): Promise<OrderView> {
  await until(
    () => patient.look(),
    ({ status }) => status === row.expect.status,
  )
  await until(
    () => readOwnRecord(service.database, billNo),
    ({ openIntents, workItems }) =>
      openIntents.length === 0 && workItems.length >= (row.expect.workItems ?? []).length,
  )
  await until(() => patient.look(), isOver)
  return patient.seeResult()
}
