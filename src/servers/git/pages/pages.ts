import { Hono } from 'hono';
import type { HttpBindings } from '@hono/node-server';
import type { Server } from '../api/call.ts';
import type { GitServerError } from '../errors.ts';

export function createPages(_server: Server): Hono<{ Bindings: HttpBindings }> {
  return new Hono<{ Bindings: HttpBindings }>();
}

export function renderErrorPage(_server: Server, refusal: GitServerError): Response {
  return new Response(refusal.message, { status: refusal.status, headers: refusal.headers });
}
