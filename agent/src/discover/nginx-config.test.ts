import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNginxConfig } from './nginx-config.ts';
import { combinedFormat, nginxFacts, parseListen } from './nginx-facts.ts';

const defaults = { prefix: '/etc/nginx', accessLog: '/var/log/nginx/access.log' };
const factsOf = (text: string) => nginxFacts(parseNginxConfig(text), defaults);

describe('parseNginxConfig', () => {
  it.each([
    {
      name: 'a comment',
      text: '# x\nworker_processes auto; # y',
      want: [{ name: 'worker_processes', args: ['auto'], block: [] }],
    },
    { name: 'quotes', text: `a "x;y" 'it\\'s' b;`, want: [{ name: 'a', args: ['x;y', "it's", 'b'], block: [] }] },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is nginx's notation, not a template
    { name: 'a variable in braces', text: 'set $a ${b}c;', want: [{ name: 'set', args: ['$a', '${b}c'], block: [] }] },
    {
      name: 'a torn block',
      text: 'http { server { listen 80',
      want: [{ name: 'http', args: [], block: [{ name: 'server', args: [], block: [] }] }],
    },
    {
      name: 'Lua, whose braces and words are not directives',
      text: 'location / { content_by_lua_block { if a then ngx.say("}") { } end } } next 1;',
      want: [
        { name: 'location', args: ['/'], block: [{ name: 'content_by_lua_block', args: [], block: [] }] },
        { name: 'next', args: ['1'], block: [] },
      ],
    },
  ])('reads $name', ({ text, want }) => expect(parseNginxConfig(text)).toEqual(want));

  it('ends on any text', () => {
    const pieces = fc.constantFrom('{', '}', ';', '"', "'", '#', '\\', 'a', ' ', '\n', '$', '${', 'x_by_lua_block');
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void parseNginxConfig(parts.join(''))));
  });
});

describe('nginxFacts', () => {
  it('finds ports, the status page and logs with their formats', () => {
    const facts = factsOf(`
      http {
        log_format timed escape=json '{"t":"$time_iso8601",' '"s":$status}';
        access_log logs/all.log timed buffer=32k;
        server { listen 80 default_server; listen [::]:443 ssl; location = /basic_status { stub_status; allow 127.0.0.1; } }
        server { listen 127.0.0.1:8080; access_log off; location /api { access_log /srv/api.log; } }
      }`);
    expect(facts.ports).toEqual([80, 443, 8080]);
    expect(facts.statusPages).toEqual([{ port: 80, path: '/basic_status' }]);
    expect(facts.accessLogs).toEqual([
      { path: '/etc/nginx/logs/all.log', format: '{"t":"$time_iso8601","s":$status}' },
      { path: '/srv/api.log', format: combinedFormat },
    ]);
  });

  it('knows what nginx does unasked: port 80 and its own log', () => {
    expect(factsOf('http { server { } }')).toMatchObject({
      ports: [80],
      accessLogs: [{ path: '/var/log/nginx/access.log', format: combinedFormat }],
    });
  });

  it('does not follow logs that are no files, nor pages behind TLS or a pattern', () => {
    const facts = factsOf(`http { access_log syslog:server=unix:/dev/log; access_log /var/log/$host.log;
      server { listen 443 ssl; location ~ ^/s { stub_status; } location /t { stub_status; } } }`);
    expect(facts).toMatchObject({ accessLogs: [], statusPages: [] });
  });
});

it.each([
  { args: ['80'], want: { port: 80, onLoopback: true, isTls: false } },
  { args: ['*:81'], want: { port: 81, onLoopback: true, isTls: false } },
  { args: ['127.0.0.1:8080', 'default_server'], want: { port: 8080, onLoopback: true, isTls: false } },
  { args: ['[::]:443', 'ssl'], want: { port: 443, onLoopback: true, isTls: true } },
  { args: ['10.0.0.5:80'], want: { port: 80, onLoopback: false, isTls: false } },
  { args: ['localhost'], want: { port: 80, onLoopback: true, isTls: false } },
  { args: ['unix:/run/x.sock'], want: null },
  { args: ['99999'], want: null },
  { args: [], want: null },
])('listen $args', ({ args, want }) => expect(parseListen(args)).toEqual(want));
