import { messageOf, NecoError, parseLrn, siteSchema } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { ask } from './ask.ts';

/** The values that `neco site init` needs, as typed. */
export interface SiteInput {
  cluster: string;
  lrn: string;
  first: string;
}

type Given = { [K in keyof SiteInput]: SiteInput[K] | undefined };

const questions = [
  { field: 'cluster', option: '--cluster NAME', message: 'Cluster name', fault: clusterFault },
  { field: 'lrn', option: '--lrn LRN', message: 'LRN of this server', fault: lrnFault },
  {
    field: 'first',
    option: '--first-address ADDRESS',
    message: 'IPv4 address of LRN 0',
    fault: addressFault,
  },
] as const;

/**
 * Asks for the values that the options did not give.
 * @throws NecoError NO_TERMINAL naming the options that are missing, CANCELLED
 */
export async function askSite(program: ProgramContext, given: Given): Promise<SiteInput> {
  const missing = questions.filter(({ field }) => given[field] === undefined);
  const answers = { ...given };
  if (missing.length > 0) {
    const asking = {
      what: missing.map(({ message }) => message).join(', '),
      instead: missing.map(({ option }) => option).join(' '),
    };
    const { default: input } = await import('@inquirer/input');
    for (const { field, message, fault } of missing) {
      answers[field] = await ask(program, asking, input, {
        message,
        validate: (text: string) => fault(text) ?? true,
      });
    }
  }
  const { cluster = '', lrn = '', first = '' } = answers;
  return { cluster, lrn, first };
}

function clusterFault(text: string): string | undefined {
  return siteSchema.shape.cluster.safeParse(text).error?.issues[0]?.message;
}

function lrnFault(text: string): string | undefined {
  try {
    parseLrn(text);
    return undefined;
  } catch (error) {
    return error instanceof NecoError ? error.hint : messageOf(error);
  }
}

function addressFault(text: string): string | undefined {
  return siteSchema.shape.addresses.shape.first.safeParse(text).error?.issues[0]?.message;
}
