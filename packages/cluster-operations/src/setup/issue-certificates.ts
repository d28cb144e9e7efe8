import type { SetupContext, SetupView } from './setup-context.ts';
import { checkCertificate, createKey, createSigningRequest, parseCrl } from '@neco/vault-pki';
import type { Secret } from '@neco/core';
import { authorityNames } from '../access/authorities.ts';
import {
  certificateKindNames,
  certificateKinds,
  namesOf,
  type CertificateKind,
  type CertificateKindName,
} from '../access/certificate-kinds.ts';
import { paths } from '../paths.ts';
import type { Issue } from './protocol.ts';
import { meetingOf } from './setup-context.ts';

/** Whether every certificate of this server fits its key, its names and its CA, and lives this long (ms). */
export async function certificatesFit(view: SetupView, minimumLife: number): Promise<boolean> {
  const faults = await Promise.all(
    certificateKindNames.map((name) => faultOf(view, certificateKinds[name], minimumLife)),
  );
  return faults.every((fault) => fault === undefined);
}

async function faultOf(
  view: SetupView,
  kind: CertificateKind,
  minimumLife: number,
): Promise<string | undefined> {
  const ca = await view.host.readText(paths.authorities[kind.authority]);
  const pair = await view.host.readPair(kind);
  if (ca === undefined || pair === undefined) return 'missing';
  return checkCertificate({
    ...pair,
    ca,
    commonName: kind.commonName(view.lrn),
    ...namesOf(kind, view.lrn, view.address),
    minimumLife,
  });
}

/** Makes new keys here, has them signed, and puts CAs, revocation lists and pairs in place, in that order. */
export async function issueCertificates(context: SetupContext, issue: Issue): Promise<void> {
  const keys = await Promise.all(
    certificateKindNames.map(async (name) => ({
      name,
      ...(await makeRequest(context, certificateKinds[name])),
    })),
  );
  const requests = Object.fromEntries(keys.map(({ name, csr }) => [name, csr])) as Record<
    CertificateKindName,
    string
  >;
  const answer = await meetingOf(context).certify(issue, requests);
  await context.host.makeDirectory(paths.authorityDirectory, { mode: 0o755 });
  await Promise.all(
    authorityNames.map(async (name) => {
      const list = Buffer.from(answer.revocations[name], 'base64');
      parseCrl(list);
      await context.host.writeFile(paths.authorities[name], answer.authorities[name], { mode: 0o644 });
      await context.host.writeFile(paths.revocations[name], list, { mode: 0o644 });
    }),
  );
  for (const { name, key } of keys) {
    const { certificatePath, keyPath, owner } = certificateKinds[name];
    await context.host.writePair({
      certificatePath,
      keyPath,
      certificate: answer.certificates[name],
      key,
      owner,
    });
  }
}

async function makeRequest(
  context: SetupContext,
  kind: CertificateKind,
): Promise<{ key: Secret; csr: string }> {
  const key = await createKey();
  const names = namesOf(kind, context.lrn, context.address);
  return {
    key,
    csr: await createSigningRequest(key, { commonName: kind.commonName(context.lrn), ...names }),
  };
}
