import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A self-signed certificate for `localhost`, valid for two days, and its key; both PEM. */
export function localhostCertificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-tls-'))
  const files = [join(folder, 'key.pem'), join(folder, 'cert.pem')] as const
  const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const out = ['-keyout', files[0], '-out', files[1]]
  try {
    execFileSync('openssl', ['req', '-x509', ...args, ...subject, ...out], { stdio: 'ignore' })
    return { key: readFileSync(files[0], 'utf8'), cert: readFileSync(files[1], 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
