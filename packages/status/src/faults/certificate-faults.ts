import type { FaultKind } from './fault-kind.ts';

const remedies = 'tools/dctest/test/scenarios/remedies/certificates.test.ts';
const applications = 'tools/dctest/test/scenarios/remedies/application-certificates.test.ts';
const expiry = '${certificatePath} expires, and has expired: replaced as it is printed';
const presented =
  'a certificate that Vault does not present, and one that is presented and not registered: as it is printed';
const renewed = 'the certificate of an application that expires, and has expired: renewed as it is printed';

/** What concerns certificates, in files and as they are served. */
export const certificateFaults = {
  'certificate-unreadable': {
    severity: 'fault',
    what: 'a certificate of this server, or its key, is missing, broken, or does not belong to the other',
    proof: {
      file: remedies,
      title: 'certificates and keys that are missing or broken: restored as it is printed',
    },
  },
  'certificate-expired': {
    severity: 'fault',
    what: 'a certificate has expired',
    proof: { file: remedies, title: expiry },
  },
  'certificate-not-yet-valid': {
    severity: 'fault',
    what: 'a certificate is not valid yet',
    proof: { file: remedies, title: 'a certificate that is not valid yet: replaced as it is printed' },
  },
  'certificate-expiring': {
    severity: 'warning',
    what: 'a certificate expires soon',
    proof: { file: remedies, title: expiry },
  },
  'certificate-unregistered': {
    severity: 'warning',
    what: 'a certificate in a file of this server is not registered',
    proof: {
      file: 'tools/dctest/test/scenarios/setup/setup-result.test.ts',
      title: 'tells a certificate that was replaced by hand, and neco-worker registers it',
    },
  },
  'served-certificate-unregistered': {
    severity: 'warning',
    what: 'etcd or Vault of another server presents a certificate that is not registered',
    proof: { file: remedies, title: presented },
  },
  'certificate-not-served': {
    severity: 'warning',
    what: 'Vault of this server does not present the certificate in its file',
    proof: { file: remedies, title: presented },
  },
  'application-certificate-expired': {
    severity: 'fault',
    what: 'a certificate of an application has expired',
    proof: { file: applications, title: renewed },
  },
  'application-certificate-expiring': {
    severity: 'warning',
    what: 'a certificate of an application expires soon',
    proof: { file: applications, title: renewed },
  },
  'application-server-unregistered': {
    severity: 'warning',
    what: 'a certificate of an application belongs to a boot server that is not registered',
    proof: {
      file: applications,
      title:
        'a server that joins while the server CA is rotated, and whose registration alone is removed: removed as it is printed',
    },
  },
} as const satisfies Record<string, FaultKind>;
