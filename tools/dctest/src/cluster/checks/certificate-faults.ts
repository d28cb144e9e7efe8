import type { Server } from '../../server/server.ts';

interface Expected {
  readonly pair: string;
  readonly ca: string;
  readonly commonName: string;
  /** Whether it carries the random name of this life of the server. */
  readonly carriesLife?: boolean;
  readonly names: string;
  readonly usages: string;
  readonly owner: string;
  /** Where it is served. */
  readonly listeners: readonly string[];
}

const both = 'TLS Web Server Authentication, TLS Web Client Authentication';
const serverOnly = 'TLS Web Server Authentication';
const clientOnly = 'TLS Web Client Authentication';
const day = 86_400_000;

/** What is wrong with the certificates of a server, on disk and as they are served, as openssl sees them. */
export async function certificateFaults(server: Server): Promise<string[]> {
  const faults = await Promise.all(expectedOn(server).map((expected) => faultsOf(server, expected)));
  return faults.flat();
}

function expectedOn({ which, name, address }: Server): Expected[] {
  const names = `DNS:${name}, DNS:localhost, IP Address:${address}, IP Address:127.0.0.1`;
  const at = (port: number) => [`${address}:${port}`, `127.0.0.1:${port}`];
  const ofServer = { ca: 'server', commonName: name, names, listeners: [] };
  const ofClient = { ca: 'etcd-client', usages: clientOnly, listeners: [] };
  return [
    { ...ofServer, pair: '/etc/neco/server', carriesLife: true, usages: both, owner: 'root:root' },
    { ...ofServer, pair: '/etc/etcd/server', usages: serverOnly, owner: 'etcd:etcd', listeners: at(2379) },
    { ...ofServer, pair: '/etc/vault/server', usages: serverOnly, owner: 'vault:vault', listeners: at(8200) },
    {
      ...ofServer,
      pair: '/etc/etcd/peer',
      ca: 'etcd-peer',
      usages: both,
      owner: 'etcd:etcd',
      listeners: [`${address}:2380`],
    },
    {
      ...ofClient,
      pair: '/etc/neco/etcd',
      commonName: `neco-${which}`,
      names: `DNS:neco-${which}`,
      owner: 'root:root',
    },
    {
      ...ofClient,
      pair: '/etc/vault/etcd',
      commonName: `vault-${which}`,
      names: `DNS:vault-${which}`,
      owner: 'vault:vault',
    },
  ];
}

/** One shell for all that there is to ask of one certificate; where it is served comes last. */
const script = `
pair=$1 ca=/etc/neco/ca/$2.crt; shift 2
openssl x509 -in "$pair.crt" -text -nameopt RFC2253
echo "Chain: $(openssl verify -x509_strict -CAfile "$ca" "$pair.crt" 2>&1)"
echo "Mode: $(stat -L -c '%a %U:%G' "$pair.key")"
openssl x509 -in "$pair.crt" -noout -pubkey; openssl pkey -in "$pair.key" -pubout
for at; do openssl s_client -connect "$at" </dev/null 2>/dev/null | openssl x509; done
`;

async function faultsOf(server: Server, expected: Expected): Promise<string[]> {
  const { pair, ca, commonName, carriesLife = false, names, usages, owner, listeners } = expected;
  const argv = ['sh', '-c', script, 'sh', pair, ca, ...listeners];
  const { stdout, stderr } = await server.exec(argv, { timeout: 20_000 });
  const after = (label: string) => new RegExp(`${label}\\s*(.*)`).exec(stdout)?.[1] ?? '';
  const [certificate, ...served] = blocks(stdout, 'CERTIFICATE');
  const [own, key] = blocks(stdout, 'PUBLIC KEY');
  const checks: Check[] = [
    [
      'its subject',
      after('Subject:').replace(/,OU=life-[0-9a-f]{32}$/, ',OU=life'),
      `CN=${commonName}${carriesLife ? ',OU=life' : ''}`,
    ],
    ['its issuer', after('Issuer:'), `CN=${authorityNames[ca]}`],
    ['its names', after('X509v3 Subject Alternative Name:'), names],
    ['its usages', after('X509v3 Extended Key Usage:'), usages],
    ['its curve', after('ASN1 OID:'), 'prime256v1'],
    ['its chain', after('Chain:'), `${pair}.crt: OK`],
    ['the mode of its key', after('Mode:'), `600 ${owner}`],
    ['the public key of its key', key, own ?? 'one'],
    ...listeners.map((at, index) => [`what ${at} serves`, served[index], certificate] as Check),
  ];
  const faults = checks
    .filter(([, seen, wanted]) => seen !== wanted)
    .map(
      ([what, seen, wanted]) =>
        `${server.name}: ${pair}.crt: ${what} is "${seen ?? 'nothing'}", not "${wanted ?? 'nothing'}" ${stderr}`,
    );
  return [
    ...faults,
    ...lifeFaults(`${server.name}: ${pair}.crt`, after('Not Before:'), after('Not After :')),
  ];
}

/** What is looked at, what is seen, and what is wanted. */
type Check = readonly [what: string, seen: string | undefined, wanted: string | undefined];

function blocks(text: string, type: string): string[] {
  return text.match(new RegExp(`-----BEGIN ${type}-----[^-]+-----END ${type}-----`, 'g')) ?? [];
}

const authorityNames: Readonly<Record<string, string>> = {
  server: 'neco server CA',
  'etcd-peer': 'neco etcd peer CA',
  'etcd-client': 'neco etcd client CA',
};

function lifeFaults(what: string, from: string, to: string): string[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const days = (end - start) / day;
  const now = Date.now();
  const fits = days > 89.9 && days < 90.1 && start <= now && now < end;
  return fits ? [] : [`${what} lives from ${from} to ${to}, not 90 days from now`];
}
