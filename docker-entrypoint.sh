#!/bin/sh
# Starts the command as an ordinary user. Only root may do what comes before: a new volume belongs to root, on Fly and
# with Docker's bind mounts, whoever made the folder in the image.
set -e
user=${RUN_AS:-node}
if [ "$(id -u)" = 0 ]; then
  install -d -o "$user" -g "$(id -gn "$user")" "$DATA_DIR"
  chown -R "$user:$(id -gn "$user")" "$DATA_DIR"
  # exec all the way: the signal that stops the Machine reaches the program itself.
  exec setpriv --reuid="$user" --regid="$(id -gn "$user")" --init-groups --no-new-privs --bounding-set=-all "$@"
fi
exec "$@"
