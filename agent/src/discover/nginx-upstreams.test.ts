import { expect, it } from 'vitest';
import { parseNginxConfig } from './nginx-config.ts';
import { nginxUpstreams } from './nginx-upstreams.ts';

it('finds the addresses that requests are passed on to, directly and through groups', () => {
  const http = parseNginxConfig(`
    upstream was { server 127.0.0.1:8080 weight=2; server 10.0.0.3; server backend.example:80; server unix:/run/x.sock; }
    server {
      listen 80;
      location / { proxy_pass http://was; }
      location /app/ { location /app/x { proxy_pass http://localhost:9000/y; } }
      location /six { proxy_pass https://[::1]/; }
      location /again { proxy_pass http://127.0.0.1:8080; }
      location /var { proxy_pass http://$upstream; }
      location /name { proxy_pass http://backend.example; }
    }
  `);
  expect(nginxUpstreams(http)).toEqual([
    { address: '127.0.0.1:8080', text: 'upstream was: server 127.0.0.1:8080' },
    { address: '10.0.0.3:80', text: 'upstream was: server 10.0.0.3' },
    { address: '127.0.0.1:9000', text: 'proxy_pass http://localhost:9000/y' },
    { address: '[::1]:443', text: 'proxy_pass https://[::1]/' },
  ]);
});
