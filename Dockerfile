# The image that launch/jobset.yaml runs: docker build --tag IMAGE .
# For TPUs: --build-arg EXTRAS=tpu. For processors: --build-arg EXTRAS=
FROM python:3.12-slim
ARG EXTRAS=gpu
WORKDIR /graves_jax
COPY . .
RUN pip install --no-cache-dir --editable ".[${EXTRAS}]"
ENTRYPOINT []
CMD ["graves-jax", "--help"]
