import { z } from 'zod';
import { oneKind, type KindTable } from '../kinds.ts';
import { ciLooks } from './ci.ts';
import { clusterLooks } from './cluster.ts';
import { gitLooks } from './git.ts';
import type { Look } from './look.ts';
import { webLooks } from './web.ts';

/** Everything that an exercise can look at. */
const looks: KindTable<Look> = { ...gitLooks, ...ciLooks, ...clusterLooks, ...webLooks };

export const look: z.ZodType<Look> = oneKind('look', looks, z.strictObject({}));
