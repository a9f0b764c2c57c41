# One national node. The region of docker-compose.yml runs this image once per country, and once to make its keys.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/selat
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY LICENSE README.md ./
COPY bin bin
COPY schemas schemas
COPY src src
RUN useradd --system --home-dir /opt/selat selat && mkdir /data && chown selat:selat /data
USER selat
VOLUME /data
EXPOSE 8410 8411
ENTRYPOINT ["node", "bin/launch.mjs", "src/cli.ts"]
CMD ["--help"]
