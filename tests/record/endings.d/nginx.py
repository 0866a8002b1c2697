# SPDX-License-Identifier: GPL-2.0-or-later
"""nginx as a reverse proxy, with a log that has the ports of both legs."""

CONFIGURATION = """daemon off; {main} pid nginx.pid; error_log stderr info; events {{ worker_connections 64; }}
http {{
    log_format ports '$msec $remote_port "$request" $status, upstream $upstream_addr';
    access_log /dev/stdout ports;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    limit_req_zone $binary_remote_addr zone=few:32k rate=1r/m;
    server {{ listen 8080; {locations} }}
}}
"""


def proxied(port):
    return (f'proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; '
            'proxy_set_header Connection "upgrade";')


def nginx(scene, locations, main="master_process off;"):
    scene.file("nginx.conf", CONFIGURATION.format(locations=locations, main=main))
    server = scene.start("nginx", "-p", scene.folder, "-c", scene.folder / "nginx.conf", ready=None, name="nginx")
    scene.listening(8080)
    return server
