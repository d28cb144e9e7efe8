import { certificateKinds } from '@neco/cluster-access';
import { kindAt, replacementHint } from './replacement-hint.ts';
import { plainSerial } from '../certificates/served-certificate.ts';
import type { CertificateStatus, StatusWarning } from '../status-schema.ts';
import { fault, warning, type ProbedServer, type WarningsInput } from './warnings-input.ts';

/** Certificates that end, that nobody registered, or that a service does not serve. */
export function certificateWarnings(input: WarningsInput): StatusWarning[] {
  return [
    ...input.certificates.flatMap((certificate) => termWarnings(certificate, input)),
    ...input.servers.flatMap((server) => serialWarnings(server, input)),
    ...applicationWarnings(input),
  ];
}

function termWarnings(
  certificate: CertificateStatus,
  { bootServers, local }: WarningsInput,
): StatusWarning[] {
  const { state, server, where, notBefore, notAfter, daysLeft } = certificate;
  const what = `the certificate ${where} of ${server}`;
  const known = bootServers.find(({ name }) => name === server);
  const replace =
    local.unfinishedSetup === undefined
      ? replacementHint(where, known)
      : 'run neco setup again, which replaces it';
  if (state === 'expired') return [fault(`${what} has expired on ${notAfter}`, replace)];
  if (state === 'not-yet-valid')
    return [
      fault(`${what} is not valid before ${notBefore}`, `synchronize the clocks; on ${server}: timedatectl`),
    ];
  if (state === 'expiring')
    return [warning(`${what} expires in ${String(daysLeft)} days, on ${notAfter}`, replace)];
  return [];
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
      warning(
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
      warning(
        `the certificate ${certificatePath} of ${name} is not registered, so neco leave would not revoke it`,
        `on ${name}: systemctl start neco-worker, which registers it`,
      ),
    ];
  });
}

/** A service that did not reload its new certificate still uses the old one. */
function notTheFile({ name, probe }: ProbedServer, { serials }: WarningsInput): StatusWarning[] {
  return probe.served.flatMap(({ where, serial }) => {
    const path = kindAt(where)?.certificatePath ?? '';
    const expected = serials.get(path);
    if (expected === undefined || expected === serial) return [];
    return [
      warning(
        `${where} of ${name} does not present the certificate in ${path}`,
        `on ${name}: systemctl reload-or-restart ${where.endsWith(':8200') ? 'vault' : 'etcd'}`,
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
          warning(`${what} belongs to a boot server that is not registered`, `neco leave ${server.slice(5)}`),
        ];
      const renew = `on ${server}: neco init-local ${name}`;
      if (state === 'expired') return [fault(`${what} has expired on ${notAfter}`, renew)];
      return state === 'expiring' ? [warning(`${what} expires on ${notAfter}`, renew)] : [];
    }),
  );
}
