import { Failure } from '../foundation/failure.ts';
import type { LdapSession } from './ldap-session.ts';
import { type ProductDialect, productDialects } from './product-dialect.ts';

export interface DetectedProduct {
  readonly dialect: ProductDialect;
  /** As the server prints it: `OpenDJ Server 5.0.3`. */
  readonly vendorVersion: string;
  /** Digits and dots only: `5.0.3`. */
  readonly version: string;
}

/**
 * Tells which product answers, by its root DSE and, where that says too little, by `cn=monitor`.
 *
 * @throws Failure E_SERVER_UNKNOWN for a server of another family, and as {@link LdapSession}
 */
export async function detectProduct(session: LdapSession, signal?: AbortSignal): Promise<DetectedProduct> {
  const [root] = await session.search({ base: '', scope: 'base', attributes: ['vendorName', 'vendorVersion'] }, signal);
  const said = [root?.value('vendorName'), root?.value('vendorVersion')];
  const found = recogniseProduct(said.join(' '), root?.value('vendorVersion'));
  if (found !== undefined) return found;
  const attributes = ['productName', 'productVendor', 'productVersion', 'vendorVersion'];
  const [monitor] = await session.search({ base: 'cn=monitor', scope: 'base', attributes }, signal);
  said.push(...attributes.map((name) => monitor?.value(name)));
  const version = monitor?.value('productVersion') ?? monitor?.value('vendorVersion') ?? root?.value('vendorVersion');
  const byMonitor = recogniseProduct(said.join(' '), version);
  if (byMonitor !== undefined) return byMonitor;
  const name = said.find((text) => text !== undefined && text !== '') ?? 'nothing of itself';
  throw new Failure(
    'E_SERVER_UNKNOWN',
    `Cannot work with ${session.url}: the server is neither PingDirectory nor OpenDJ, it says "${name}"`,
    {
      hint: 'see that server.url is the address of the directory server itself and not of a proxy before it',
    },
  );
}

/** Recognises a product by what a server says of itself; undefined for any other. */
export function recogniseProduct(text: string, vendorVersion: string | undefined): DetectedProduct | undefined {
  const version = /\d+(?:\.\d+)+/.exec(vendorVersion ?? text)?.[0];
  const product = /OpenDJ/i.test(text)
    ? ('OpenDJ' as const)
    : /Ping ?(Identity )?Directory|UnboundID|Ping Identity/i.test(text) && !/Proxy|Sync/i.test(text)
      ? ('PingDirectory' as const)
      : undefined;
  if (product === undefined || version === undefined) return undefined;
  return { dialect: productDialects[product], vendorVersion: vendorVersion ?? `${product} ${version}`, version };
}
