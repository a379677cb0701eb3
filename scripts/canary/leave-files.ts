/** `node leave-files.ts text`: leaves it wherever a program may; the canary must find all three. */
import { writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const [text = ''] = process.argv.slice(2)
for (const folder of [process.cwd(), homedir(), tmpdir()])
  writeFileSync(join(folder, 'left-behind'), text)
