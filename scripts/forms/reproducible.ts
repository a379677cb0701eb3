/** An office file is a ZIP archive that tells when it was made; ours do not, so that they compare. */
import { unzipSync, zipSync } from 'fflate'

/** The first day that an archive knows. @returns the same files, for the same content the same bytes. */
export const undated = (archive: Uint8Array): Uint8Array =>
  zipSync(unzipSync(archive), { mtime: '1980-01-01T00:00:00' })

/** Who made it and when would differ each time, and is nobody's business. */
export const NO_AUTHOR = {
  path: 'docProps/core.xml',
  data:
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties ' +
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
}
