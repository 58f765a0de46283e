import { LdapSession, type LdapSessionOptions } from '../ldap-session.ts';

/** Connections to the replicas by the account of the target: one for each address, made when first needed, all closed at once. */
export class ReplicaSessions {
  readonly #options: LdapSessionOptions;
  readonly #sessions = new Map<string, LdapSession>();

  constructor(options: LdapSessionOptions) {
    this.#options = options;
  }

  get target(): LdapSession {
    return this.at(this.#options.url);
  }

  at(url: string): LdapSession {
    const present = this.#sessions.get(url) ?? new LdapSession({ ...this.#options, url });
    this.#sessions.set(url, present);
    return present;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#sessions.clear();
  }
}
