import { serverName, toNecoError, type NecoError, type SiteConfiguration } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import { type LeftRecord, readLeftRecord } from '@neco/membership';
import { readSite, setupRecordFile, type HostLayout } from '@neco/cluster-access';
import { finding } from '../faults/finding.ts';
import type { StatusWarning } from '../status-schema.ts';

/** What this server knows of itself without asking anybody. */
export interface LocalFacts {
  site: SiteConfiguration | undefined;
  /** `boot-3`, or "this server" where the site configuration does not say. */
  name: string;
  /** The LRNs of a setup that was begun here and has not finished. */
  unfinishedSetup: number[] | undefined;
  /** The LRNs that it was set up with, where it was. */
  setupLrns: number[] | undefined;
  /** That it was removed from the cluster. */
  left: LeftRecord | undefined;
  warnings: StatusWarning[];
}

/** Reads the site configuration, whose faults are warnings, and the records of setup and leave, of which one that is broken says nothing. */
export async function readLocalFacts(layout: HostLayout): Promise<LocalFacts> {
  const warnings: StatusWarning[] = [];
  const host = readOnlyHost();
  const [site, setup, left] = await Promise.all([
    readSite(layout.site).catch((error: unknown) => {
      warnings.push(siteWarning(toNecoError(error)));
      return undefined;
    }),
    setupRecordFile
      .at(layout.setupRecord)
      .read(host)
      .catch(() => undefined),
    readLeftRecord(host, layout.leftRecord),
  ]);
  const name = site === undefined ? 'this server' : serverName(site.lrn);
  const unfinishedSetup = setup?.finishedAt === undefined ? setup?.lrns : undefined;
  return { site, name, unfinishedSetup, setupLrns: setup?.lrns, left, warnings };
}

function siteWarning({ message, hint = 'correct it' }: NecoError): StatusWarning {
  return finding('site-invalid', message, `${hint}; to check it: neco site check`);
}
