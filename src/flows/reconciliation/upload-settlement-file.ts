/** A person hands a settlement file over (§6.3): where the other side's SFTP fails, or there is none. */
import type { App, FileBook } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { businessDate } from '../../payment/numbers.ts'
import type { Totals } from '../../reconciliation/files/controls.ts'
import { checkFile } from '../../reconciliation/files/read.ts'
import { piecesOf } from '../../reconciliation/files/unpack.ts'
import type { ReceivedFile, UploadedFile } from '../../upstreams/settlement-files.ts'
import type { Operator } from '../operators/operators.ts'

export type Uploaded =
  | { readonly kind: 'received'; readonly file: ReceivedFile; readonly totals: Totals }
  | { readonly kind: 'damaged'; readonly reason: string }

/** @throws AppError when this hospital receives no such files, or the day is not over. */
export async function uploadSettlementFile(
  app: App,
  { book, operator, file }: { book: FileBook; operator: Operator; file: UploadedFile },
): Promise<Uploaded> {
  const files = app.settlementFiles.get(book)
  if (files === undefined)
    throw new AppError('invalid-request', '没有配置这一方的对账文件（SETTLEMENT_FILES_…_SOURCE）。')
  if (file.date > businessDate(app.clock.now()))
    throw new AppError('invalid-request', '这个日期还没有到。')
  const received = await files.takeUpload(file, operator.name)
  const about = { book, date: file.date, operator: operator.name }
  if (received.kind === 'damaged') {
    app.log.error({ event: 'settlement-file.damaged', ...about, reason: received.reason }, 'upload')
    return received
  }
  app.log.info({ event: 'settlement-file.uploaded', ...about }, 'upload')
  const open = () => piecesOf(file.content)
  const totals = await checkFile({ open, date: file.date }, files.profile)
  return { ...received, totals }
}
