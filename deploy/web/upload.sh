#!/bin/sh
# feeds/ into object storage that speaks the protocol of S3, by the command line of AWS:
#   upload.sh /srv/news/feeds s3://news-example-org
# What is led to comes before what leads there, and removals after everything.
set -eu
cd "$1"
bucket=$2
cache='public, max-age=300'

# Names that begin with a dot are files that are just being written.
aws s3 sync . "$bucket" --cache-control "$cache" \
    --exclude '.*' --exclude '*/.*' --exclude '*.xml' --exclude '*feed.json' --exclude index.html
aws s3 sync . "$bucket" --cache-control "$cache" --content-type application/xml \
    --exclude '*' --include '*.xml' --exclude '.*' --exclude '*/.*'
aws s3 sync . "$bucket" --cache-control "$cache" --content-type application/feed+json \
    --exclude '*' --include '*feed.json' --exclude '.*' --exclude '*/.*'
aws s3 cp index.html "$bucket/index.html" --cache-control "$cache"
aws s3 sync . "$bucket" --delete --size-only --exclude '.*' --exclude '*/.*'
