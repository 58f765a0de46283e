import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface VisitedPage {
  readonly url: string;
  readonly status: number;
  /** Of a redirect: to where, absolute. */
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
  readonly text: string;
}

/** Visits pages as a browser does, one redirect at a time where that is wanted: it keeps cookies by host, as browsers do, which tell no ports apart. */
export class WebVisitor {
  readonly #ca: string | undefined;
  readonly #cookies = new Map<string, Map<string, string>>();

  /** `ca`: the certificates that it trusts, for pages with TLS. */
  constructor(ca?: string) {
    this.#ca = ca;
  }

  cookie(host: string, name: string): string | undefined {
    return this.#cookies.get(host)?.get(name);
  }

  async visit(address: string, form?: Readonly<Record<string, string>>): Promise<VisitedPage> {
    const url = new URL(address);
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const cookie = [...(this.#cookies.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
    };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method: body === undefined ? 'GET' : 'POST', headers, agent: false } as const;
      const sent =
        url.protocol === 'https:' ? httpsRequest(url, { ...options, ca: this.#ca }, resolve) : httpRequest(url, options, resolve);
      sent.on('error', reject).end(body);
    });
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
    const setCookies = answer.headers['set-cookie'] ?? [];
    for (const told of setCookies) this.#keep(url.hostname, told);
    const { location } = answer.headers;
    return {
      url: address,
      status: answer.statusCode ?? 0,
      location: location === undefined ? undefined : new URL(location, url).href,
      setCookies,
      text,
    };
  }

  /** Follows redirects up to the page that is none, or whose address `isEnd` holds for, which is not visited. */
  async follow(address: string, isEnd: (url: string) => boolean = () => false): Promise<VisitedPage> {
    let page = await this.visit(address);
    for (let steps = 0; page.location !== undefined && !isEnd(page.location); steps += 1) {
      if (steps > 10) throw new Error(`${address} leads in a circle`);
      page = await this.visit(page.location);
    }
    return page;
  }

  #keep(host: string, told: string): void {
    const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(told) ?? [];
    const cookies = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, cookies);
    if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(told)) cookies.delete(name);
    else cookies.set(name, value);
  }
}
