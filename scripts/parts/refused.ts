/** Everything that is wrong, a Chinese sentence each, without a value of a person. */
export class Refused extends Error {
  override name = 'Refused'

  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'))
  }
}
