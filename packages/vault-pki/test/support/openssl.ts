import { runProgram } from '@neco/test-harness';
import { expect } from 'chai';

/** What stock openssl prints; it must succeed. */
export async function openssl(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram('openssl', args);
  expect(status, stderr).to.equal(0);
  return stdout;
}
