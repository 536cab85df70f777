import { z } from 'zod';
import { createHttp } from '../../clients/http.ts';
import { readApplications } from '../../flow/applications.ts';
import { fieldPath, readField } from '../fields.ts';
import { pattern, pick, text, type KindTable } from '../kinds.ts';
import type { Site } from '../site.ts';
import { asValue, type Look } from './look.ts';

async function addressOf({ playground }: Site, stage: string): Promise<string | undefined> {
  const { config, endpoints } = playground;
  const applications = await readApplications(await playground.cluster(), endpoints, config.operator);
  const url = applications.find((application) => application.stage === stage)?.url;
  return url === '' ? undefined : url;
}

/** What the application answers in a stage: the body, a field of its JSON, or what a pattern finds in it. */
const http = z
  .strictObject({
    stage: text,
    path: text.default('/'),
    field: fieldPath.optional(),
    pattern: pattern.optional(),
  })
  .transform((look): Look => ({
    async ask(site) {
      const baseUrl = await addressOf(site, look.stage);
      if (baseUrl === undefined) return undefined;
      try {
        const answer = await createHttp({ baseUrl, timeout: 2000, connectAnew: true }).request(
          'GET',
          look.path,
        );
        if (look.field === undefined) return pick(answer.text(), look.pattern);
        return asValue(readField(answer.json(), look.field.path));
      } catch {
        // Whoever does not answer as asked shows nothing of what is looked for.
        return undefined;
      }
    },
    where: ({ playground: { endpoints, config } }) =>
      `http://${config.application}.${look.stage}.localhost:${endpoints.ingress.port}${look.path}`,
  }));

export const webLooks: KindTable<Look> = { http };
