import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeLdifEntry } from '../../domain/encode-ldif.ts';
import { readLdifBlocks, valuesOf } from './ldif-blocks.ts';
import { changeConfig, listenOnAddress, type ConfigChange } from './scratch-config.ts';

const handler = (name: string, port: number): string =>
  encodeLdifEntry(name, [
    ['objectClass', ['top']],
    ['ds-cfg-listen-address', ['0.0.0.0']],
    ['ds-cfg-listen-port', [String(port)]],
  ]);

const backend = (id: string, baseDn: string, more: readonly (readonly [string, readonly string[]])[] = []): string =>
  encodeLdifEntry(`ds-cfg-backend-id=${id},cn=Backends,cn=config`, [
    ['objectClass', ['top', 'ds-cfg-backend', 'ds-cfg-je-backend']],
    ['ds-cfg-backend-id', [id]],
    ['ds-cfg-base-dn', [baseDn]],
    ['ds-cfg-enabled', ['true']],
    ['ds-cfg-db-directory', ['db']],
    ...more,
  ]);

const index = (attribute: string, id: string): string =>
  encodeLdifEntry(`ds-cfg-attribute=${attribute},cn=Index,ds-cfg-backend-id=${id},cn=Backends,cn=config`, [
    ['objectClass', ['top', 'ds-cfg-backend-index']],
    ['ds-cfg-attribute', [attribute]],
  ]);

const fresh = [
  handler('cn=Administration Connector,cn=config', 4444),
  handler('cn=LDAP Connection Handler,cn=Connection Handlers,cn=config', 1389),
  handler('cn=LDAPS Connection Handler,cn=Connection Handlers,cn=config', 1636),
  encodeLdifEntry('ds-cfg-backend-id=schema,cn=Backends,cn=config', [
    ['objectClass', ['top', 'ds-cfg-schema-backend']],
    ['ds-cfg-backend-id', ['schema']],
  ]),
  backend('userRoot', 'dc=example,dc=com'),
  index('uid', 'userRoot'),
].join('');

const change: ConfigChange = {
  address: '127.0.0.1',
  ports: { ldap: 1, ldaps: 2, administration: 3 },
  backends: [{ id: 'userRoot', baseDns: ['dc=example,dc=com'] }],
  source: undefined,
  isTemporary: true,
};

const dnsOf = (config: string): readonly string[] => readLdifBlocks(config).map(({ dn }) => dn);

suite('changeConfig()', () => {
  test('has all listen on one address, each on its port', () => {
    const blocks = readLdifBlocks(changeConfig(fresh, change)).filter((block) => valuesOf(block, 'ds-cfg-listen-port').length > 0);

    assert.deepEqual(
      blocks.map((block) => [
        block.dn.split(',')[0],
        ...valuesOf(block, 'ds-cfg-listen-address'),
        ...valuesOf(block, 'ds-cfg-listen-port'),
      ]),
      [
        ['cn=Administration Connector', '127.0.0.1', '3'],
        ['cn=LDAP Connection Handler', '127.0.0.1', '1'],
        ['cn=LDAPS Connection Handler', '127.0.0.1', '2'],
      ],
    );
  });

  test('takes backends as they were, indexes and all, wherever their files lay and whatever memory they had', () => {
    const long = 'anAttributeWithQuiteALongNameSoThatItsLineIsFolded';
    const source = [
      backend('userRoot', 'dc=example,dc=com', [['ds-cfg-db-cache-size', ['20 gb']]]),
      index('mail', 'userRoot'),
      backend('partners', 'dc=partners,dc=org')
        .replace('ds-cfg-db-directory: db', 'ds-cfg-db-directory: /mnt/old')
        .replace('enabled: true', 'enabled: false'),
      index(long, 'partners'),
      backend('other', 'dc=other'),
    ].join('');
    const backends = [...change.backends, { id: 'partners', baseDns: ['dc=partners,dc=org'] }];

    const config = changeConfig(fresh, { ...change, backends, source });

    assert.deepEqual(dnsOf(config).slice(3), [
      'ds-cfg-backend-id=schema,cn=Backends,cn=config',
      'ds-cfg-backend-id=userRoot,cn=Backends,cn=config',
      'ds-cfg-attribute=mail,cn=Index,ds-cfg-backend-id=userRoot,cn=Backends,cn=config',
      'ds-cfg-backend-id=partners,cn=Backends,cn=config',
      `ds-cfg-attribute=${long},cn=Index,ds-cfg-backend-id=partners,cn=Backends,cn=config`,
    ]);
    assert.doesNotMatch(config, /20 gb|\/mnt\/old|enabled: false/);
    assert.equal(config.match(/^ds-cfg-db-cache-percent: 25$/gm)?.length, 2, 'two share half of the memory');
  });

  test('a server that stays keeps the memory that its backends had', () => {
    const source = backend('userRoot', 'dc=example,dc=com', [['ds-cfg-db-cache-size', ['20 gb']]]);

    const config = changeConfig(fresh, { ...change, source, isTemporary: false });

    assert.match(config, /^ds-cfg-db-cache-size: 20 gb$/m);
    assert.doesNotMatch(config, /cache-percent/);
  });

  test('without the old configuration a backend is made like the one that set-up made, under its own name and base DNs', () => {
    const config = changeConfig(fresh, { ...change, backends: [{ id: 'people', baseDns: ['dc=a', 'o=Käfer'] }] });

    const made = readLdifBlocks(config).slice(4);
    assert.deepEqual(
      made.map(({ dn }) => dn),
      ['ds-cfg-backend-id=people,cn=Backends,cn=config', 'ds-cfg-attribute=uid,cn=Index,ds-cfg-backend-id=people,cn=Backends,cn=config'],
    );
    const [top] = made;
    assert.deepEqual(top && [valuesOf(top, 'ds-cfg-backend-id'), valuesOf(top, 'ds-cfg-base-dn')], [['people'], ['dc=a', 'o=Käfer']]);
  });
});

test('listenOnAddress() changes addresses and nothing else', () => {
  assert.equal(
    listenOnAddress(fresh, '10.0.0.1').replaceAll(/^ds-cfg-listen-address: 10\.0\.0\.1\n/gm, ''),
    fresh.replaceAll('\n ', '').replaceAll(/^ds-cfg-listen-address: .*\n/gm, ''),
  );
});
