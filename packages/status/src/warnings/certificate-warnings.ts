import { durationText } from '@neco/core';
import { certificateKinds, type CertificateKind } from '@neco/cluster-access';
import { finding } from '../faults/finding.ts';
import { authorityHint } from './replacement/authority-hint.ts';
import { kindAt, replacementHint } from './replacement/replacement-hint.ts';
import { signingVault } from './replacement/signing-vault.ts';
import { plainSerial } from '../certificates/served-certificate.ts';
import type { UnreadableCertificate } from '../certificates/read-local-certificates.ts';
import type { CertificateStatus, StatusWarning } from '../status-schema.ts';
import type { ProbedServer, WarningsInput } from './warnings-input.ts';

/** Certificates that end, that nobody registered, or that a service does not serve. */
export function certificateWarnings(input: WarningsInput): StatusWarning[] {
  return [
    ...input.certificates
      .filter(({ state }) => state === 'expiring')
      .flatMap((certificate) => termWarnings(certificate, input)),
    ...input.servers.flatMap((server) => serialWarnings(server, input)),
    ...applicationWarnings(input),
  ];
}

/**
 * In which order certificates are replaced that nobody accepts any more. Vault signs as long as it is in touch with etcd, so what
 * these two show each other comes first, and before it what makes the others' commands safe.
 */
const firstReplaced: readonly CertificateKind[] = [
  certificateKinds.vaultListener,
  certificateKinds.etcdListener,
  certificateKinds.vaultClient,
  certificateKinds.etcdPeer,
  certificateKinds.necoClient,
  certificateKinds.server,
];

/** Certificates that nobody accepts: expired, not valid yet, or not to be read. In the order in which they are replaced. */
export function unusableWarnings(input: WarningsInput): StatusWarning[] {
  const { local, certificates, unreadable } = input;
  const unusable = certificates.filter(({ state }) => state === 'expired' || state === 'not-yet-valid');
  const places = unusable.filter(({ server }) => server === local.name).map(({ where }) => where);
  // What a service of this server shows lies in a file as well.
  const isSaid = ({ server, where }: CertificateStatus): boolean =>
    server === local.name &&
    where.startsWith('https:') &&
    places.includes(kindAt(where)?.certificatePath ?? '');
  const found = [
    ...unreadable.map((one) => ({ where: one.path, warnings: [unreadableWarning(one, input)] })),
    ...unusable
      .filter((one) => !isSaid(one))
      .map((one) => ({ where: one.where, warnings: termWarnings(one, input) })),
  ];
  const rank = (where: string): number => firstReplaced.findIndex((kind) => kind === kindAt(where));
  return found.sort((one, other) => rank(one.where) - rank(other.where)).flatMap(({ warnings }) => warnings);
}

function termWarnings(certificate: CertificateStatus, input: WarningsInput): StatusWarning[] {
  const { state, server, where, notBefore, notAfter } = certificate;
  const what = `the certificate ${where} of ${server}`;
  const replace = replacement(where, server, input);
  if (state === 'expired')
    return [finding('certificate-expired', `${what} has expired on ${notAfter}`, replace)];
  if (state === 'not-yet-valid')
    return [
      finding(
        'certificate-not-yet-valid',
        `${what} is not valid before ${notBefore}, although the clock here is right`,
        replace,
      ),
    ];
  return [
    finding(
      'certificate-expiring',
      `${what} expires in ${durationText(Date.parse(notAfter) - Date.now())}, on ${notAfter}`,
      replace,
    ),
  ];
}

function replacement(
  where: string,
  server: string,
  { bootServers, local, servers }: WarningsInput,
  options: { make?: boolean } = {},
): string {
  const known = bootServers.find(({ name }) => name === server);
  return local.unfinishedSetup === undefined
    ? replacementHint(where, known, signingVault(server, servers), options)
    : 'run neco setup again, which replaces it';
}

function unreadableWarning(
  { path, reason, lostLink }: UnreadableCertificate,
  input: WarningsInput,
): StatusWarning {
  const { name } = input.local;
  const again = `on ${name}: systemctl restart neco-worker, which restores it`;
  const remade =
    kindAt(path) === undefined
      ? authorityHint(path, name, signingVault(name, input.servers))
      : replacement(path, name, input, { make: true });
  return finding(
    'certificate-unreadable',
    `the certificate ${path} of ${name} cannot be used: ${reason}`,
    lostLink ? again : remade,
  );
}

/**
 * A certificate that is not registered is not revoked when its server leaves. On this server it is held against the
 * files, which tells one that was replaced from one that a service still serves; of others only they can tell.
 */
function serialWarnings(server: ProbedServer, input: WarningsInput): StatusWarning[] {
  const { name, registration, probe } = server;
  if (registration === undefined) return [];
  const registered = new Set(registration.serials.map(plainSerial));
  if (name === input.local.name)
    return [...unregisteredFiles(name, registered, input), ...notTheFile(server, input)];
  return probe.served
    .filter(({ serial }) => !registered.has(serial))
    .map(({ where }) =>
      finding(
        'served-certificate-unregistered',
        `${where} of ${name} presents a certificate that is not registered for it`,
        `on ${name}: systemctl start neco-worker, which registers replaced certificates; then run neco status there`,
      ),
    );
}

function unregisteredFiles(
  name: string,
  registered: ReadonlySet<string>,
  { serials }: WarningsInput,
): StatusWarning[] {
  return Object.values(certificateKinds).flatMap(({ certificatePath }) => {
    const serial = serials.get(certificatePath);
    if (serial === undefined || registered.has(serial)) return [];
    return [
      finding(
        'certificate-unregistered',
        `the certificate ${certificatePath} of ${name} is not registered, so neco leave would not revoke it`,
        `on ${name}: systemctl start neco-worker, which registers it`,
      ),
    ];
  });
}

/** A Vault that did not reload its new certificate still uses the old one; etcd reads its own at each handshake. */
function notTheFile({ name, probe }: ProbedServer, { serials }: WarningsInput): StatusWarning[] {
  const { vaultListener } = certificateKinds;
  return probe.served.flatMap(({ where, serial }) => {
    if (kindAt(where) !== vaultListener) return [];
    const path = vaultListener.certificatePath;
    const expected = serials.get(path);
    if (expected === undefined || expected === serial) return [];
    return [
      finding(
        'certificate-not-served',
        `${where} of ${name} does not present the certificate in ${path}`,
        `on ${name}: systemctl reload vault`,
      ),
    ];
  });
}

function applicationWarnings({ applications, bootServers }: WarningsInput): StatusWarning[] {
  const registrationOf = (server: string) =>
    bootServers.find(({ name }) => name === server)?.registration ?? 'none';
  return applications.flatMap(({ name, certificates }) =>
    certificates.flatMap(({ server, notAfter, state }) => {
      const what = `the certificate of the application ${name} on ${server}`;
      if (registrationOf(server) === 'none')
        return [
          finding(
            'application-server-unregistered',
            `${what} belongs to a boot server that is not registered`,
            `neco leave ${server.slice(5)}`,
          ),
        ];
      const renew = `on ${server}: neco init-local ${name}`;
      if (state === 'expired')
        return [finding('application-certificate-expired', `${what} has expired on ${notAfter}`, renew)];
      return state === 'expiring'
        ? [
            finding(
              'application-certificate-expiring',
              `${what} expires in ${durationText(Date.parse(notAfter) - Date.now())}, on ${notAfter}`,
              renew,
            ),
          ]
        : [];
    }),
  );
}
