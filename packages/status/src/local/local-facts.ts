import { readFile } from 'node:fs/promises';
import { serverName, toNecoError, type NecoError, type SiteConfiguration } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import * as z from 'zod';
import { type LeftRecord, readLeftRecord } from '@neco/membership';
import { readSite } from '@neco/cluster-access';
import type { StatusLayout } from '../status-layout.ts';
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

const recordSchema = z.object({ lrns: z.array(z.int()), finishedAt: z.string().optional() });

/** Reads the site configuration and the record of setup; what is wrong with them is a warning. */
export async function readLocalFacts(layout: StatusLayout): Promise<LocalFacts> {
  const warnings: StatusWarning[] = [];
  const [site, setup, left] = await Promise.all([
    readSite(layout.site).catch((error: unknown) => {
      warnings.push(siteWarning(toNecoError(error)));
      return undefined;
    }),
    readSetup(layout.setupRecord),
    readLeft(layout),
  ]);
  const name = site === undefined ? 'this server' : serverName(site.lrn);
  const unfinishedSetup = setup?.finishedAt === undefined ? setup?.lrns : undefined;
  return { site, name, unfinishedSetup, setupLrns: setup?.lrns, left, warnings };
}

function siteWarning({ message, hint = 'check it with: neco site check' }: NecoError): StatusWarning {
  return { severity: 'fault', message, hint };
}

async function readLeft({ leftRecord }: StatusLayout): Promise<LeftRecord | undefined> {
  return leftRecord === undefined ? undefined : readLeftRecord(readOnlyHost(), leftRecord);
}

async function readSetup(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return recordSchema.safeParse(jsonOf(text)).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
