import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { refuseUnsupported } from '../../../src/flow/support.ts';

const refused = (choice: object) => {
  try {
    refuseUnsupported(configSchema.parse(choice), 'embedded');
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('what the embedded engine cannot run', () => {
  test.each([
    [{ operator: 'flux' }, 'Flux', '--operator flux'],
    [{ gitServer: 'scm-manager' }, 'SCM-Manager', '--git-server scm-manager'],
    [{ with: ['mailpit', 'cert-manager'] }, 'mailpit, cert-manager', '--with mailpit,cert-manager'],
    [{ profile: 'full' }, 'the add-ons', '--profile full'],
  ])('%j is refused, with the engine that can', (choice, what, option) => {
    expect(refused(choice)).toMatchObject({
      code: 'engine-cannot',
      message: expect.stringContaining(what),
      hint: expect.stringContaining(`--engine k3d ${option}`),
    });
  });

  test('is named all together', () => {
    expect(refused({ operator: 'flux', gitServer: 'scm-manager' })).toMatchObject({
      message: expect.stringContaining('SCM-Manager or Flux'),
    });
  });

  test('is nothing of what it is made for', () => {
    expect(refused({})).toBeUndefined();
  });

  test('is no matter for the engines with the real products', () => {
    for (const choice of [{ operator: 'flux', gitServer: 'scm-manager' }, { with: ['velero'] }]) {
      expect(() => refuseUnsupported(configSchema.parse(choice), 'k3d')).not.toThrow();
    }
  });
});

test('a bundle is refused for a cluster that is there already, whose nodes take images from elsewhere', () => {
  const config = configSchema.parse({ bundle: 'class.bundle' });
  expect(() => refuseUnsupported(config, 'kubernetes')).toThrow(
    expect.objectContaining({
      code: 'engine-cannot',
      hint: expect.stringContaining('up --engine k3d --bundle FILE') as string,
    }),
  );
  for (const engine of ['k3d', 'embedded']) expect(() => refuseUnsupported(config, engine)).not.toThrow();
});
