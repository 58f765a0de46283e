import { Readable } from 'node:stream';

import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

import { ReceivingClient, type ReceivingClientOptions } from './receiving-client.ts';
import type { GetRequest } from './receiving-connection.ts';

/** Given to `client.send()` among its options: where a body is wanted, and told in it how many bytes of it came there. */
export interface Receipt {
  readonly into: Uint8Array;
  /** Undefined: the body is in the answer, as usual. */
  received: number | undefined;
}

type Request = Parameters<NodeHttpHandler['handle']>[0];
type Options = NonNullable<Parameters<NodeHttpHandler['handle']>[1]> & { readonly receipt?: Receipt | undefined };
type Handled = Awaited<ReturnType<NodeHttpHandler['handle']>>;

/** What the query of a signed request is taken for as it stands. */
const plain = /^[A-Za-z0-9._~-]*$/;

/** The SDK's handler, which sends requests with a {@link Receipt} by a {@link ReceivingClient}, as far as that can. */
export class ReceivingHandler extends NodeHttpHandler {
  readonly #client: ReceivingClient | undefined;

  /** `receiving`: undefined to send all as usual. */
  constructor(options: NodeHttpHandlerOptions, receiving: ReceivingClientOptions | undefined) {
    super(options);
    this.#client = receiving && new ReceivingClient(receiving);
  }

  override destroy(): void {
    this.#client?.close();
    super.destroy();
  }

  override async handle(request: Request, options: Options = {}): Promise<Handled> {
    const { receipt, ...others } = options;
    const get = receipt && plainGet(request);
    if (this.#client === undefined || receipt === undefined || get === undefined) return super.handle(request, others);
    // The SDK's type knows an abort signal of its own beside the platform's, which is what we give.
    const answer = await this.#client.get(get, receipt.into, options.abortSignal as AbortSignal | undefined);
    if (answer === undefined) return super.handle(request, others);
    const { status, reason, headers } = answer.head;
    const isReceived = status < 300;
    if (isReceived) receipt.received = answer.body.length;
    const body = Readable.from(isReceived ? [] : [answer.body]);
    // Of the class that it names the SDK needs the fields alone.
    return { response: { statusCode: status, reason, headers, body } as unknown as Handled['response'] };
  }
}

/** Undefined where the request has anything that a plain GET has not. */
function plainGet({ method, protocol, hostname, port, path, query, headers }: Request): GetRequest | undefined {
  if (method !== 'GET' || Object.values(headers).some((value) => /[\r\n]/.test(value))) return undefined;
  const words: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string' || !plain.test(name) || !plain.test(value)) return undefined;
    words.push(`${name}=${value}`);
  }
  const target = words.length === 0 ? path : `${path}?${words.join('&')}`;
  return { protocol, hostname, port: port ?? (protocol === 'https:' ? 443 : 80), target, headers };
}
