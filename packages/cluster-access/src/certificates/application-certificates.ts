import type { Registry, RegistryReader } from '@neco/bootserver-registry';

/** The serial numbers of the certificates that applications have on this boot server. @throws NecoError ETCD_* */
export async function applicationSerials(
  registry: Pick<RegistryReader, 'applications'>,
  lrn: number,
): Promise<string[]> {
  return (await registry.applications.list()).flatMap(({ certificates }) =>
    certificates.filter((one) => one.lrn === lrn).map(({ serial }) => serial),
  );
}

/** Takes them out of the records of the applications, once they are revoked. @throws NecoError ETCD_* */
export async function forgetApplicationCertificates(registry: Registry, lrn: number): Promise<void> {
  for (const { name, certificates } of await registry.applications.list()) {
    if (certificates.every((one) => one.lrn !== lrn)) continue;
    await registry.applications.at(name).update((application) => ({
      ...application,
      certificates: application.certificates.filter((one) => one.lrn !== lrn),
    }));
  }
}
