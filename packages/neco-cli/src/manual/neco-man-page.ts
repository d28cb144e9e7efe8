import { necoVersion } from '@neco/core';
import { createCli } from '../create-cli.ts';
import { manPage } from './man-page.ts';

/** The manual page of this neco. @param date as the page shows it. */
export function necoManPage(date: Date): string {
  return manPage(createCli().definitions(), { version: necoVersion(), date });
}
