import { NecoError, type ErrorDetail } from '@neco/core';
import type { Check, CheckContext } from './check.ts';

/** The packages of etcd and Vault are installed or available, from sources whose signatures are good. */
export const checkPackages: Check = async (context) => {
  const { host, site } = context;
  const names = [site.packages.etcd, site.packages.vault];
  const versions = await Promise.all(names.map((name) => host.installedVersion(name)));
  const missing = names.filter((_, index) => versions[index] === undefined);
  return missing.length === 0 ? [] : findMissing(missing, context);
};

async function findMissing(missing: string[], { host, signal }: CheckContext): Promise<ErrorDetail[]> {
  const lists = host.packageLists();
  try {
    await lists.refresh(signal === undefined ? {} : { signal });
    const found = await lists.candidates(missing);
    const unknown = missing.filter((name) => !found.has(name));
    if (unknown.length > 0) return unknown.map(notToBeHad);
    await lists.simulateInstall(missing);
    return [];
  } catch (error) {
    if (!(error instanceof NecoError) || error.code === 'CANCELLED') throw error;
    return [
      {
        message: `${missing.join(' and ')} cannot be installed: ${error.message}`,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    ];
  }
}

function notToBeHad(name: string): ErrorDetail {
  return {
    message: `the package ${name} is in no apt source`,
    hint: `add its source to /etc/apt/sources.list.d, or correct "packages" in /etc/neco/site.yml`,
  };
}
