import { done, type RefundAuthorisation } from './upstream.ts'

/** The payment's payAuthNo serves the refund too, as the one public program does: no call at all. */
export const ORIGINAL_AUTHORISATION: RefundAuthorisation = {
  authorise: async ({ original }) => done(original),
}
