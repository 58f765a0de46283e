import { type AnswerHead, readAnswerHead } from './answer-head.ts';

export interface ReceivedAnswer {
  readonly head: AnswerHead;
  /** Lies in the memory that was given, where the answer is a success; of others the body is small, and in memory of its own. */
  readonly body: Uint8Array;
}

/** What is to be done with a connection once an answer has ended, or will not end as one. */
export type Ending = 'go on' | 'answered' | 'not for us';

/** What is said of a failure is a few lines of XML. */
const longestRefusalBytes = 1024 * 1024;

/** Takes the bytes of one answer as they come from a connection, and puts its body where it belongs. */
export class AnswerReceiver {
  readonly #into: Uint8Array;
  #first: Buffer | undefined;
  #head: AnswerHead | undefined;
  #body: Uint8Array | undefined;
  #received = 0;

  constructor(into: Uint8Array) {
    this.#into = into;
  }

  /** Bytes of the body that came, and how many are to come; undefined before the head was read. */
  get progress(): { readonly received: number; readonly expected: number } | undefined {
    return this.#head === undefined ? undefined : { received: this.#received, expected: this.#head.bodyBytes };
  }

  /** Whether anything has come. */
  get hasBegun(): boolean {
    return this.#first !== undefined || this.#head !== undefined;
  }

  get answer(): ReceivedAnswer {
    if (this.#head === undefined || this.#body === undefined) throw new Error('the answer has not come');
    return { head: this.#head, body: this.#body };
  }

  /** `bytes` may be used for something else as soon as this returns. */
  take(bytes: Uint8Array): Ending {
    if (this.#head !== undefined) return this.#takeBody(bytes);
    const first = Buffer.concat([this.#first ?? Buffer.alloc(0), bytes]);
    const head = readAnswerHead(first);
    if (head === 'other') return 'not for us';
    if (head === 'incomplete') {
      this.#first = first;
      return 'go on';
    }
    const body = this.#placeFor(head);
    if (body === undefined) return 'not for us';
    this.#head = head;
    this.#body = body;
    this.#first = undefined;
    return this.#takeBody(first.subarray(head.headBytes));
  }

  #placeFor({ status, bodyBytes }: AnswerHead): Uint8Array | undefined {
    if (status < 300) return bodyBytes <= this.#into.length ? this.#into.subarray(0, bodyBytes) : undefined;
    return bodyBytes <= longestRefusalBytes ? Buffer.alloc(bodyBytes) : undefined;
  }

  #takeBody(bytes: Uint8Array): Ending {
    const body = this.#body ?? new Uint8Array();
    // More than was announced: what follows is no answer to us.
    if (this.#received + bytes.length > body.length) return 'not for us';
    body.set(bytes, this.#received);
    this.#received += bytes.length;
    return this.#received === body.length ? 'answered' : 'go on';
  }
}
