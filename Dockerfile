# Debian 13: its glibc (2.41) takes the newest build of uWebSockets.js, which asks for 2.38.
FROM node:22-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
COPY workers ./workers
# valibot names typescript as an optional peer, so npm keeps it; no program needs it to run.
RUN npm run build && npm prune --omit=dev && rm -r node_modules/typescript node_modules/@typescript node_modules/.bin/tsc

FROM node:22-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY docker-entrypoint.sh ./
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A volume belongs here: without one the state goes with the container.
ENV DATA_DIR=/data
EXPOSE 9091
# No USER: a volume that root owns is handed over first, then the machine runs as `node`, with no way back.
ENTRYPOINT ["/app/docker-entrypoint.sh"]
# No npm and no shell in between: the signal that stops the Machine reaches the program itself.
CMD ["node", "dist/src/main.js"]
