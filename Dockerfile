# The image that launch/jobset.yaml runs: docker build --tag IMAGE .
# For TPUs: --build-arg PACKAGE=.[tpu]. For processors: --build-arg PACKAGE=.
FROM python:3.12-slim
ARG PACKAGE=.[gpu]
WORKDIR /graves_jax
COPY . .
RUN pip install --no-cache-dir --editable "${PACKAGE}"
CMD ["graves-jax", "--help"]
