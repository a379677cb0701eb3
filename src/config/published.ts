/**
 * Keys and secrets that everybody can read: the examples of this repository, and those printed in
 * the bank's and the platform's documents. Kept as SM3, so that no search for secrets finds them.
 */
import { sm3Hex } from '../crypto/sm3.ts'

const DIGESTS: ReadonlySet<string> = new Set([
  // .env.example, top to bottom
  '65b2dca19b2b509d9323b759d19c6957886d0e271c375fc4efc30b09ba451b3e',
  '08ae796dfb0284b3916d194f6a892102ae101838acc22d0d207626ac43b41267',
  'dbd2d15b3e258ecd358bd7944a5c0406e9eb38608dc2aba3beea0e584216c014',
  'd9fa110129d69e33b9db35e58676b62df94710f3eab8f25d9cbd46711ecfc35c',
  'e8f3880bffda3ef3dd2def31c17413f83ddb6fe7b2f1eef145f5c029a0b807a8',
  'c1636efa74475a9a4da056bade53d19b7220b3a9ca65d0f7c9fded7299cb94bf',
  'c6890e7b67f42a2ca09297e4672d6ef56a72df84ff3b7f90c885a69735d33ec1',
  '3d07c2bfd655600bc573ab605b834745f1fd1aaece41d615b5edcc687a8c72e5',
  '623640594545a076ca5cb870268cdbfb3e7cebe5bcd7bf80f16f7044576c6cd4',
  'fada837abd97a9450c75f4867003d014cfef25966f46934540b1481afcc66012',
  '65b9dd0947503bd4087f61cb6a3153a132f6433d9f093513787197dd835beac4',
  '36d78746cdce69000299c8eea2ba1314f0d5c83c66a7d24e1bc35b739596faed',
  '9766c77fe2f0e7617ea9cfd8dc27527d4b78421102617fec214d27ad9e1a88e8',
  '3cb0efcf58dd97ba753ba29b37b5b396f6382e00cab79da7e162d8570f66bee3',
  // documents of the bank and the mid-platform, and the vectors of the standards
  '44c9076f3c9eb90ab4cdeae6b203c2259aa1697c4f91d38859327841210cdd4f',
  '924c55cae918c1375fec055aa6486c7f3447a487c7952e1afdc6f554a7aeeed5',
  '7969ad23d90a6624cdc8a7df1acd4696864ca47515cf30bf5bdfb3a0dbef71f5',
  '301a410c735d667555605026b69c1627ac698b03814772c714ee347bfc8cdfe8',
  '69bca3bac74b56ec0737c00a422ea0a7f199a1575616aab4c616e169f9c3b2f1',
  'df7ba482a7e9984bfcd86885b694d45c8788fac8997062ee463b741d8676f267',
  'c10d5290cbc0505b2894f79ac69c69c9d3fc1d741728f4ba2034f78ee582d0ed',
  'a06b065088edb0fcbeca505c665823c6692cc0957d353cfaf9e9a5b11eabcbc1',
  'bf0536103a862faebb7d47b98b55d2db63c2673e039d9e0dda8bd16a02c926d7',
])

/** As it follows the variable's name. */
export const PUBLISHED = 'is an example that everybody can read: production needs its own'

export const isPublished = (value: string): boolean => DIGESTS.has(sm3Hex(oneSpelling(value)))

const HEX = /^[0-9a-f]+$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** A key may be written in hex or in base64, there with the zero that keeps a DER number positive. */
function oneSpelling(value: string): string {
  if (HEX.test(value)) return value.toLowerCase()
  if (!BASE64.test(value)) return value
  return Buffer.from(value, 'base64')
    .toString('hex')
    .replace(/^00(?=.{64}$)/, '')
}
