import type { EntryIndex } from '../../domain/entry-index.ts';
import { exitCodes, isFailure } from '../../foundation/failure.ts';

/** What is asked of the index of an export. */
export type AskedIndex = Pick<EntryIndex, 'blocks' | 'findName' | 'findUuid'>;

/** An index that is read as it is needed, and, once something of it proves damaged, made anew from the export, which has all that it says. */
export class SteadyIndex implements AskedIndex {
  readonly #makeAnew: () => Promise<EntryIndex>;
  #index: EntryIndex;
  #anew: Promise<EntryIndex> | undefined;

  constructor(index: EntryIndex, makeAnew: () => Promise<EntryIndex>) {
    this.#index = index;
    this.#makeAnew = makeAnew;
  }

  blocks(): ReturnType<EntryIndex['blocks']> {
    return this.#ask((index) => index.blocks());
  }

  findName(normalDn: string): ReturnType<EntryIndex['findName']> {
    return this.#ask((index) => index.findName(normalDn));
  }

  findUuid(uuid: string): ReturnType<EntryIndex['findUuid']> {
    return this.#ask((index) => index.findUuid(uuid));
  }

  async #ask<Answer>(question: (index: EntryIndex) => Promise<Answer>): Promise<Answer> {
    try {
      return await question(this.#index);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#anew ??= this.#makeAnew();
      this.#index = await this.#anew;
      return question(this.#index);
    }
  }
}

/** Of the index or of the file that it is read from. */
export function isDamage(error: unknown): boolean {
  return isFailure(error) && error.exitCode === exitCodes.verificationFailed;
}
